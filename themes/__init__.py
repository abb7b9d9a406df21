"""Template packs for user_sessions, one Django app a folder; installed as user_sessions_themes."""

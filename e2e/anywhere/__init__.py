"""The five journeys on any site that uses user_sessions: `make e2e BASE_URL=...`.

They find elements by URLs, fields and forms, never by text, so a site may have any templates in any
language. docs/how-to/end-to-end-tests.md lists the requirements.
"""

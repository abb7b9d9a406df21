"""Websockets that close as soon as their session ends, for sites with Channels.

A site installs it by "user_sessions.channels" in INSTALLED_APPS, so that every process of it, a command
too, tells the websockets of the sessions that it ends. Nothing else in the app imports it.
"""

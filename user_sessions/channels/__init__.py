"""Close websockets as soon as their session ends, on sites that use Channels.

A site adds "user_sessions.channels" to INSTALLED_APPS. Every process, including management commands, then
notifies the websockets of each session that it ends. No other part of the app imports this package.
"""

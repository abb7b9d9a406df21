"""What only sites need that still hold sessions of an older version or of another package.

To remove it in 4.0, delete this folder, migration 0005's use of it, the command ``migratesessions``, and
each line that is marked "4.0: remove" with what it begins.
"""

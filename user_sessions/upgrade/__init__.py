"""Code for sites that still have sessions of an older version or of another package.

To remove it in 4.0, delete this folder, migration 0005's use of it, the command ``migratesessions``, and
each block of code whose first line has the comment "4.0: remove".
"""

"""The five journeys on a site that we did not write: `make e2e BASE_URL=...`.

They go by addresses, fields and forms, never by words, so a site may have any templates in any
language. What it must keep is in docs/how-to/end-to-end-tests.md.
"""

"""Session engines: one module each, named by SESSION_ENGINE."""

"""The settings: `model` says what can be set, `load` reads them, `example` writes the commented file."""

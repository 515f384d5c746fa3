"""The inference server of Assay."""

__version__ = "0.1.0"

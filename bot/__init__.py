"""campaign-bot: a ranked list in, a whole campaign week out."""

__version__ = "0.1.0"

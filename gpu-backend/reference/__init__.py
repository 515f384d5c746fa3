"""The reference standard: small language models whose knowledge is known by construction."""

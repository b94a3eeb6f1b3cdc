"""Plays pacts against a provider and says, interaction by interaction, whether it honours them."""

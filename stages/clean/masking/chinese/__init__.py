"""Chinese names and addresses: a tagger that this project has trained and ships. See CARD.md."""

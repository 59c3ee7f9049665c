"""How the shipped reader is made: data, trainer, evaluation and export. Nothing in here is needed to serve answers."""

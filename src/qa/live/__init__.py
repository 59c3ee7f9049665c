"""The index follows the corpus while the service answers: what changed, when to build, and the process that builds."""

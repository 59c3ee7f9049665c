"""A follow-up question is made self-contained from the conversation, by rules and in plain sight."""

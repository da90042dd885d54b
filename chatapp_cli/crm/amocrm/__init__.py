"""amoCRM: conversations as chats of its cards, or as notes where the account has no chat channel of ours."""

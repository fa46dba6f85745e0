# A directory's people are found before agents.
passwd last agentauth
group  last agentauth

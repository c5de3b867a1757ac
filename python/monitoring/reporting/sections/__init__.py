"""The report's sections: each draws its charts and says in words what they show, and how much data is behind it."""

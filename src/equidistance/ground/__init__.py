"""The ground floor: who the states and blocs are, and when they existed; it knows nothing of evidence."""

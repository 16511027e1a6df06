"""Words of the explorer: languages and their catalogues, names of the vocabulary, and states' own text made safe to show."""

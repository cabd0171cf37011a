"""What the pages share: the shell, the reader's context, components, charts, states, URLs."""

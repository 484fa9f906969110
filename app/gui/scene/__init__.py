"""The scene editor: the tree of nodes and the settings of the chosen one."""

"""Where atoms come from: shipped clusters, structure files, snapshots; and how they are posed."""

"""Other shapes of a finished dataset: npy stacks, TIFF, PNG previews, COCO and YOLO annotations."""

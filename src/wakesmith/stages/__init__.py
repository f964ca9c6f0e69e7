"""One module for each stage, one function in each: values and folders in, files in a folder out."""

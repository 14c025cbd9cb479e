"""An audit of a stranger's classifier: does it answer to the disease, or to what stands beside it?"""

"""What a stack costs a month on AWS, from what its programs register and a dated table of prices."""

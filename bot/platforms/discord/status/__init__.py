"""Signs: that we work, that we are not shown something; what threads are called. The core says when to show them."""

"""As many threads as the figures were measured with, whatever the machine has; imported before PyTorch.

A sum that another number of threads shares is rounded otherwise, and after some epochs it is another model: the same
seed and data give the same bytes only with the same number. Beside other busy processes threads that spin while they
wait take the processor from each other: four epochs took 53 and 29 s beside five others on two cores, with threads
that sleep 18 and 7 s, with one thread 14 and 9 s.
"""

import os

NUMBER = 2

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when PyTorch is loaded

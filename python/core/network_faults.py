"""What goes wrong between here and AWS, and may pass by itself."""

from botocore import exceptions

NETWORK_FAULTS = (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError)

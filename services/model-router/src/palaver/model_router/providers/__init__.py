"""One file per wire protocol: request, stream, errors. What is common to streams and statuses stands beside them."""

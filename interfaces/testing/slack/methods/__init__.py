"""The methods of the Web API that the fake knows: a family a file, joined in :mod:`…methods.table`."""

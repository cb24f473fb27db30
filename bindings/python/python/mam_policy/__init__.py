"""Decisions about mobile app management policies: single requests, and columns of them.

>>> table = Table.compile('''mam 1
... users staff
... app notes { ios "com.example.notes"  sdk }
... policy baseline { for staff  protect notes  allow share to managed }''')
>>> answer = table.decide({
...     "channel": "share", "source": {"app": "notes"}, "target": {"app": "ios:com.example.chat"},
...     "user": {"groups": ["staff"]}, "device": {"platform": "ios", "management": "unmanaged"}})
>>> answer["effect"]
'block'
"""

from ._native import Answers, ColumnsError, MamError, PolicyError, RequestError, Table

__all__ = ["Answers", "ColumnsError", "MamError", "PolicyError", "RequestError", "Table"]

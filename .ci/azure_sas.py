"""Prints a shared access signature for the account that Azurite always has."""

import base64
import hashlib
import hmac
import urllib.parse

ACCOUNT = "devstoreaccount1"
# Microsoft's own, in the documentation of Azurite: no secret.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
FIELDS = {"sp": "rwdlac", "ss": "b", "srt": "sco", "se": "2099-01-01T00:00:00Z", "sv": "2020-10-02"}

signed = [ACCOUNT, FIELDS["sp"], FIELDS["ss"], FIELDS["srt"], "", FIELDS["se"], "", "", FIELDS["sv"], ""]
digest = hmac.new(base64.b64decode(KEY), "\n".join(signed).encode(), hashlib.sha256).digest()
print(urllib.parse.urlencode({**FIELDS, "sig": base64.b64encode(digest).decode()}))

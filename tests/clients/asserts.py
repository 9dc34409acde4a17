"""What the journeys in this folder share: each case is told by its name when it has held."""

import json
import sys

QUESTION = "케이뱅크는 언제 클라우드 전환을 마쳤나요?"
TRUTH = "2023년 5월"

# Where the servers listen: `whole` answers, `stalled` never ends its one answer, `unready` has no index.
PLACES = json.loads(sys.argv[1])


def base(place):
    """What an OpenAI client takes for its base address."""
    return PLACES[place] + "/v1"


def holds(case, condition, told=None):
    """Tells that a case has held, or ends with what was seen."""
    if not condition:
        sys.exit(f"{case}: {told!r}")
    print(case, flush=True)


def raised(case, kind, call, **wanted):
    """A case that holds when the call raises this exception, with these attributes."""
    try:
        got = call()
    except kind as error:
        told = {name: getattr(error, name) for name in wanted}
        holds(case, told == wanted, (told, wanted))
        return error
    sys.exit(f"{case}: nothing was raised, but there was {got!r}")

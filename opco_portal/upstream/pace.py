"""How often an upstream may be asked, all processes together: each question takes the next free place in line.

A place is given at once or refused at once, so nobody polls, nobody overtakes, and no more people wait than can be
served in time. Libraries that only count (`limits`) leave those who are refused to try again, all together.
"""

from dataclasses import dataclass

from opco_portal.counters import counters
from opco_portal.upstream.errors import Busy

# Places are `interval` apart, after a first `burst` that may come together. Valkey's clock is the one that counts.
TAKE_PLACE = counters.register_script("""
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local interval, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = math.max(0, free - interval * (burst - 1) - now)
if wait > longest then return {0, wait} end
redis.call('SET', KEYS[1], free + interval, 'PX', free + interval - now)
return {1, wait}
""")


@dataclass(frozen=True)
class Pace:
    """So many questions in so many seconds, `burst` of them together when none was asked for a while."""

    name: str
    questions: int
    seconds: float = 1
    burst: int = 1

    def take_place(self, *, longest: float) -> float:
        """Take the next place and return the seconds to wait for it.

        Raises:
            Busy: it would be longer than `longest` seconds; no place was taken.
        """
        interval = round(1000 * self.seconds / self.questions)
        given, wait = TAKE_PLACE(
            keys=[f"upstream:{self.name}:pace"], args=[interval, self.burst, max(0, round(1000 * longest))]
        )
        if not given:
            raise Busy(f"the next place is in {wait} ms")
        return float(wait) / 1000

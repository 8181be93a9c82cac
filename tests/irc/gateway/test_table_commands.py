"""Each command in each situation: what an outsider, a member and an operator of a channel are answered."""

import pytest

from tests.irc.gateway.support import Bench, scene
from tests.irc.gateway.tables import HOST, Row, answers, world

ROWS: dict[str, list[Row]] = {
    "JOIN": [
        ("JOIN", *["461 JOIN"] * 3), ("JOIN :", *[""] * 3), ("JOIN a", *["403 a"] * 3), ("JOIN &a", *["403 &a"] * 3),
        ("JOIN :#a b", *["403 #a"] * 3), ("JOIN #i", "473 #i", "473 #i", ""), ("JOIN #k", "475 #k", "475 #k", ""),
        ("JOIN #k wrong", "475 #k", "475 #k", ""), ("JOIN #l", "471 #l", "471 #l", ""),
        ("JOIN #I", "473 #I", "473 #I", ""),
        ("JOIN #i,#k,#l", *["473 #i / 475 #k / 471 #l"] * 2, ""), ("JOIN #i,#k key", *["473 #i / 475 #k"] * 2, ""),
    ],
    "PART": [
        ("PART", *["461 PART"] * 3), ("PART #none", *["403 #none"] * 3), ("PART eve", *["403 eve"] * 3),
        ("PART #none,#x :bye", *["403 #none / 403 #x"] * 3), ("PART #i", "442 #i", "442 #i", "ann PART #i"),
        ("PART #A", "442 #a", "bob PART #a", "ann PART #a"),
        ("PART #s :bye", "403 #s", "bob PART #s bye", "ann PART #s bye"),
    ],
    "TOPIC": [
        ("TOPIC", *["461 TOPIC"] * 3), ("TOPIC #none", *["403 #none"] * 3), ("TOPIC #none :x", *["403 #none"] * 3),
        ("TOPIC #a", *["331 #a"] * 3), ("TOPIC #s", "403 #s", "331 #s", "331 #s"), ("TOPIC #i", *["331 #i"] * 3),
        ("TOPIC #s :x", "403 #s", "482 #s", "ann TOPIC #s x"), ("TOPIC #A :x", "442 #a", "482 #a", "ann TOPIC #a x"),
        ("TOPIC #a", *["332 #a x / 333 #a ann 1000000000"] * 3),
    ],
    "KICK": [
        ("KICK", *["461 KICK"] * 3), ("KICK #a", *["461 KICK"] * 3), ("KICK #none bob", *["403 #none"] * 3),
        ("KICK #a eve", "442 #a", "482 #a", "441 eve #a"), ("KICK #a nobody", "442 #a", "482 #a", "401 nobody"),
        ("KICK #i bob", "442 #i", "442 #i", "441 bob #i"), ("KICK #s eve", "403 #s", "482 #s", "441 eve #s"),
        ("KICK #s bob", "403 #s", "482 #s", "ann KICK #s bob ann"),
        ("KICK #A BOB :out", "442 #a", "482 #a", "ann KICK #a bob out"),
        ("KICK #a,#m bob", "442 #a", "442 #a", "441 bob #a"),
    ],
    "INVITE": [
        ("INVITE", *["337"] * 3), ("INVITE eve", *["461 INVITE"] * 3), ("INVITE nobody #a", *["401 nobody"] * 3),
        ("INVITE eve #none", *["403 #none"] * 3), ("INVITE bob #A", "442 #a", "443 bob #a", "443 bob #a"),
        ("INVITE eve #i", "442 #i", "442 #i", "341 eve #i"), ("INVITE EVE #A", "442 #a", *["341 eve #a"] * 2),
        ("INVITE eve #s", "403 #s", *["341 eve #s"] * 2), ("INVITE", "336 #i / 336 #a / 336 #s / 337", "337", "337"),
    ],
    "MODE of a channel": [
        ("MODE", *["461 MODE"] * 3), ("MODE #none", *["403 #none"] * 3), ("MODE #none +m", *["403 #none"] * 3),
        ("MODE #a", *["324 #a +nt / 329 #a 1000000000"] * 3), ("MODE #l", *["324 #l +ntl 1 / 329 #l 1000000000"] * 3),
        ("MODE #k", *["324 #k +ntk * / 329 #k 1000000000"] * 2, "324 #k +ntk key / 329 #k 1000000000"),
        ("MODE #s", "403 #s", *["324 #s +nst / 329 #s 1000000000"] * 2), ("MODE #a +z", "442 #a", "482 #a", "472 z"),
        ("MODE #a +o nobody", "442 #a", "482 #a", "401 nobody"), ("MODE #a +v eve", "442 #a", "482 #a", "441 eve #a"),
        ("MODE #a +o", "442 #a", "482 #a", "696 #a o *"), ("MODE #a +k", "442 #a", "482 #a", "696 #a k *"),
        ("MODE #a +l x", "442 #a", "482 #a", "696 #a l x"), ("MODE #a +l 0", "442 #a", "482 #a", "696 #a l 0"),
        ("MODE #a -m", "442 #a", "482 #a", ""), ("MODE #a +n", "442 #a", "482 #a", ""),
        ("MODE #A +m", "442 #a", "482 #a", "ann MODE #a +m"),
    ],
    "MODE of lists": [
        ("MODE #a b", *["368 #a"] * 3), ("MODE #a +b", *["368 #a"] * 3), ("MODE #a e", *["349 #a"] * 3),
        ("MODE #a I", *["347 #a"] * 3), ("MODE #a beI", *["368 #a / 349 #a / 347 #a"] * 3),
        ("MODE #b b", *["367 #b eve!*@* ann 1000000000 / 368 #b"] * 3), ("MODE #s b", "403 #s", "368 #s", "368 #s"),
        ("MODE #a +b :a b", "442 #a", "482 #a", "696 #a b a"), ("MODE #a -b nobody", "442 #a", "482 #a", ""),
        ("MODE #a +e eve", "442 #a", "482 #a", "ann MODE #a +e eve!*@*"),
    ],
    "MODE of users": [
        ("MODE nobody", *["401 nobody"] * 3), ("MODE bob", "502", "221 +", "502"),
        ("MODE bob +z", "502", "501", "502"),
        ("MODE bob +o", "502", "501", "502"), ("MODE bob +r", "502", "", "502"),
        ("MODE BOB +i", "502", "bob MODE bob +i", "502"),
        ("MODE bob", "502", "221 +i", "502"), ("MODE bob +i", "502", "", "502"),
        ("MODE bob -i", "502", "bob MODE bob -i", "502"),
    ],
    "NAMES and LIST": [
        ("NAMES #none", *["366 #none"] * 3), ("NAMES #s", "366 #s", *["353 @ #s @ann bob / 366 #s"] * 2),
        ("NAMES #A", *["353 = #a @ann bob / 366 #a"] * 3),
        ("NAMES #none,#i", *["366 #none / 353 = #i @ann / 366 #i"] * 3),
        ("LIST #none", *["321 Channel / 323"] * 3), ("LIST #A", *["321 Channel / 322 #a 2 / 323"] * 3),
        ("LIST #s", "321 Channel / 323", *["321 Channel / 322 #s 2 / 323"] * 2),
    ],
    "WHO": [
        ("WHO nobody", *["315 nobody"] * 3), ("WHO #none", *["315 #none"] * 3), ("WHO #none %n", *["315 #none"] * 3),
        ("WHO bob", *[f"352 * ~bob {HOST} irc.test bob H 0 Bob / 315 bob"] * 3), ("WHO #s o", *["315 #s"] * 3),
        ("WHO #s %nf", "315 #s", *["354 ann H@ / 354 bob H / 315 #s"] * 2),
        ("WHO #a %tcna,7", *["354 7 #a ann 0 / 354 7 #a bob 0 / 315 #a"] * 3),
        ("WHO bob %tn,7777", *["354 0 bob / 315 bob"] * 3), ("WHO bob %cso", *["354 * irc.test n/a / 315 bob"] * 3),
    ],
    "WHOIS, WHOWAS, ISON and USERHOST": [
        ("WHOIS", *["461 WHOIS"] * 3), ("WHOIS :", *["431"] * 3), ("WHOIS nobody", *["401 nobody / 318 nobody"] * 3),
        ("WHOIS irc.test nobody", *["401 nobody / 318 nobody"] * 3), ("WHOWAS", *["461 WHOWAS"] * 3),
        ("WHOWAS bob", *["406 bob / 369 bob"] * 3), ("ISON", *["461 ISON"] * 3), ("ISON nobody", *["303"] * 3),
        ("ISON BOB nobody eve", *["303 bob eve"] * 3), ("USERHOST", *["461 USERHOST"] * 3),
        ("USERHOST nobody", *["302"] * 3),
        ("USERHOST Bob", *[f"302 bob=+~bob@{HOST}"] * 3),
    ],
    "AWAY, SETNAME and MONITOR": [
        ("AWAY :gone", *["306"] * 3), ("AWAY", *["305"] * 3), ("SETNAME", *["461 SETNAME"] * 3),
        ("SETNAME :", *["FAIL SETNAME INVALID_REALNAME Realname is not valid"] * 3), ("SETNAME :New", *[""] * 3),
        ("MONITOR", *["461 MONITOR"] * 3), ("MONITOR +", *["461 MONITOR"] * 3),
        ("MONITOR x bob", *["461 MONITOR"] * 3),
        ("MONITOR L", *["733"] * 3), ("MONITOR S", *[""] * 3), ("MONITOR + bob,no", *["730 bob / 731 no"] * 3),
        ("MONITOR L", *["732 bob,no / 733"] * 3), ("MONITOR - BOB", *[""] * 3), ("MONITOR S", *["731 no"] * 3),
        ("MONITOR C", *[""] * 3), ("MONITOR L", *["733"] * 3),
    ],
    "NICK and USER": [
        ("NICK", *["431"] * 3), ("NICK :", *["431"] * 3), ("NICK 1x", *["432 1x"] * 3),
        ("NICK a!b", *["432 a!b"] * 3),
        ("NICK #a", *["432 #a"] * 3), ("NICK app", *["433 app"] * 3), ("NICK bob", "433 bob", "", "433 bob"),
        ("NICK BOB", "433 BOB", "bob NICK BOB", "433 BOB"), ("USER", *["461 USER"] * 3),
        ("USER a 0 * :b", *["462"] * 3), ("PASS", *["461 PASS"] * 3), ("PASS x", *["462"] * 3),
    ],
    "PRIVMSG": [
        ("PRIVMSG", *["411"] * 3), ("PRIVMSG bob", *["412"] * 3), ("PRIVMSG nobody :hi", *["401 nobody"] * 3),
        ("PRIVMSG #none :hi", *["403 #none"] * 3), ("PRIVMSG #a :hi", "404 #a", "", ""),
        ("PRIVMSG #m :hi", "404 #m", "404 #m", ""),
        ("PRIVMSG @#m :hi", "404 @#m", "404 @#m", ""), ("PRIVMSG bob :hi", *[""] * 3), ("NOTICE", *[""] * 3),
        ("NOTICE #m :hi", *[""] * 3), ("NOTICE nobody :hi", *[""] * 3), ("TAGMSG", *["421 TAGMSG"] * 3),
    ],
    "the rest": [
        ("FOO", *["421 FOO"] * 3), ("PING", *["409"] * 3), ("PING x", *["PONG irc.test x"] * 3), ("PONG", *[""] * 3),
        ("CAP", *["461 CAP"] * 3), ("CAP FOO", *["410 FOO"] * 3), ("AUTHENTICATE", *["461 AUTHENTICATE"] * 3),
        ("AUTHENTICATE PLAIN", *["421 AUTHENTICATE"] * 3), ("CHATHISTORY", *["461 CHATHISTORY"] * 3),
        ("CHATHISTORY LATEST #a * 1", *["421 CHATHISTORY"] * 3), ("OPER a", *["461 OPER"] * 3),
        ("OPER a b", *["491"] * 3),
        ("KILL", *["461 KILL"] * 3), ("KILL bob", *["481"] * 3), ("WALLOPS :hi", *["481"] * 3), ("DIE", *["481"] * 3),
        ("MOTD", *["422"] * 3), ("ADMIN", *["423 irc.test"] * 3), ("VERSION other", *["402 other"] * 3),
        ("STATS", *["219 *"] * 3), ("HELP nothing", *["524 nothing"] * 3),
    ],
}  # fmt: skip
"""In the order in which they are said: each line by the outsider, the member and the operator, before the next."""


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@scene
async def test_what_each_is_answered(rows: list[Row]) -> None:
    """An outsider, a member and an operator read for each line exactly what the documents have for them."""
    async with Bench() as bench:
        peers = await world(bench)
        found = [(row[0], *[await answers(peer, row[0]) for peer in peers]) for row in rows]
        assert found == rows

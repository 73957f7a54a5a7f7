#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A replay says what triage decides; what-ifs change what they name; nothing is written.
. "$(dirname "$0")/tap.sh"

R() { "$YAGURA" replay --quiet "$@"; }
ids() { sed 's/.*"id":"\([0-9a-f]*\)".*/\1/' "$1" | sort; }
closed() { grep '"decision":"close"' "$1" | ids /dev/stdin; }

make_sample s 3 2400 24
import_sample st s >/dev/null
"$YAGURA" train --data st --quiet >/dev/null
cp -r st before

# Triage has no verdicts at hand here, so the gate that asks for them is left out.
for t in $SAMPLE_TENANTS; do
    "$YAGURA" import --data eve --tenant "$t" --quiet s/$t/day-*/eve.json >/dev/null
    "$YAGURA" triage --model st/model.ygm --tenant "$t" s/$t/day-*/eve.json >>triage
done
R --data eve --model st/model.ygm --list list >report
closed triage >want
ids list >got
same "the list is what triage closes" want got
is "and the report counts it" "$(R --data eve --model st/model.ygm --json |
    grep -o '"alerts_open":[0-9]*' | head -1 | cut -d: -f2)" \
    "$(grep -c '"decision":"open"' triage)"
R --data eve --model st/model.ygm --tau 0.9 --list wide >/dev/null
tau=$(R --data eve --model st/model.ygm --tau 0.9 --json | sed 's/.*"tau":\([0-9]*\).*/\1/')
sed -n 's/.*"id":"\([0-9a-f]*\)".*"risk32":\([0-9]*\).*"gates":\[\].*/\1 \2/p' triage |
    awk -v t="$tau" '$2 < t { print $1 }' | sort >want
ids wide | comm -13 want - >odd
is "a higher threshold closes only what is below it and held by nothing" "$(wc -l <odd)" 0
ok "and more than before" test "$(wc -l <wide)" -ge "$(wc -l <list)"

for w in 1 2 4; do
    R --data st --workers $w --json --list list$w --against tau=0.5 >json$w
    R --data st --workers $w --list all$w >text$w
done
same "the report does not depend on workers" json1 json2 json4
same "nor in words" text1 text2 text4
same "nor the list" all1 all2 all4
same "nor the difference" list1 list2 list4
R --data st --list - >both
cat text1 all1 >want
same "the summary comes first on standard output" both want

# The difference adds up.
R --data st --tau 0.5 --list there >/dev/null
ids all1 >a
ids there >b
is "closed by the first alone" "$(grep -c '"closed_by":"policy"' list1)" \
    "$(comm -23 a b | wc -l)"
is "closed by the second alone" "$(grep -c '"closed_by":"against"' list1)" \
    "$(comm -13 a b | wc -l)"
only() { sed "s/.*\"diff\":{\(.*\)},\"policy\":.*/\1/; s/.*\"$1\":{\"only\":\([0-9]*\).*/\1/" json1; }
is "and the summary says so" "$(only policy) $(only against)" \
    "$(comm -23 a b | wc -l) $(comm -13 a b | wc -l)"
R --data st --against store --json --list none >self
is "a policy does not differ from itself" "$(only policy <self; wc -c <none)" "$(only policy)
0"
R --data st --model st/model.ygm --against store --json --list none >self
is "nor when its model is named" "$(wc -c <none)" 0

# Without a gate: only what that gate alone held changes.
R --data st --policy store --against without=new-signature --list gate >/dev/null
is "without a gate nothing more stays open" "$(grep -c '"closed_by":"policy"' gate)" 0
ok "something closes" test -s gate
is "only what that gate alone held" \
    "$(grep -vc '"other_gates":\["new-signature"\]' gate)" 0
is "as many as the report says" "$(wc -l <gate)" \
    "$(R --data st | awk '$1 == "new-signature" { print $3 }')"
R --data st --without new-signature --json >one
R --data st --policy without=new-signature --json >two
same "an option is a word of the policy" one two

R --data st --fnr 0.2 --json >fnr
R --data st --fnr 0.2 >fnr.txt
ok "a share of the threats is fitted, and that is said" grep -q "nothing is promised" fnr.txt
R --data st --protect L2 --json | grep -q '"protect":"L2"'
result $? "another level is protected"
R --data st --until 2026-01-06T00:00:00Z --json >until
ok "part of the time" test "$(field alerts until)" -lt "$(field alerts one)"
R --data st --tenant aoba-01 | grep -q "^history: 1 tenants"
result $? "one tenant"

# What can go wrong is said in one line.
expect "an unknown gate" 2 "no gate is called so" "$YAGURA" replay --data st --without no-such
expect "an unknown word" 2 "write store, model=FILE" "$YAGURA" replay --data st --policy x=1
expect "a threshold above one" 2 "between 0 and 1" "$YAGURA" replay --data st --tau 2
expect "a level that is none" 2 "write L1, L2, L3 or L4" "$YAGURA" replay --data st --protect 9
expect "a certificate that is not there" 1 "." \
    "$YAGURA" replay --data st --policy certificate=abcdef
expect "no such tenant" 1 "no tenant 'nobody'" "$YAGURA" replay --data st --tenant nobody
expect "an odd time" 2 "write a time as" "$YAGURA" replay --data st --from yesterday
expect "times in the wrong order" 2 "not after" "$YAGURA" replay --data st \
    --from 2026-01-06T00:00:00Z --until 2026-01-05T00:00:00Z
expect "no store" 1 "." "$YAGURA" replay --data nowhere
expect "a store without a model" 1 "yagura train" "$YAGURA" replay --data eve
expect "an unknown option" 2 "." "$YAGURA" replay --data st --nonsense
expect "a time without alerts" 1 "no alert to replay in this time" "$YAGURA" replay \
    --data st --from 2036-01-06T00:00:00Z
R --data eve --model st/model.ygm | grep -q "was judged by a person: what would be lost"
result $? "a history without verdicts"
expect "and no share of its threats" 2 "no threshold follows" "$YAGURA" replay --data eve \
    --model st/model.ygm --fnr 0.1
same "the model is as it was" st/model.ygm before/model.ygm
same "and the store" st/yagura.db before/yagura.db
done_testing

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What comes later changes nothing that was said before; what a tested customer's analysts
# say changes nothing of how it is judged.
. "$(dirname "$0")/tap.sh"

make_sample s 7 1500 24
import_sample st s >/dev/null
"$YAGURA" train --data st --quiet --out m >/dev/null

# said FILE: lines up to the decision. A closing may be undone by a graver alert of the next
# hour (policy/companion.h); nothing else of an alert depends on what comes after it.
said() { sed 's/,"decision":.*//' "$1"; }

# prefixes NAME FILE [OPTION...]: FILE cut after some lines gives the first lines of all.
prefixes() {
    local name=$1 file=$2 n i bad=0 cases=0
    shift 2
    "$YAGURA" triage --model m "$@" "$file" >whole || bad=1
    n=$(wc -l <"$file")
    for i in 1 2 255 256 257 $((n / 3)) $((n / 2)) $((n - 1)); do
        head -n "$i" "$file" >part.in
        [ "$name" = "${name#gz}" ] || { gzip -c part.in >part.gz && mv part.gz part.in; }
        "$YAGURA" triage --model m "$@" part.in >part || { bad=1; echo "# cut at $i: failed"; }
        said part >part.said
        said whole | head -n "$(wc -l <part)" | cmp - part.said || { bad=1; echo "# cut after line $i"; }
        # Every alert before the cut is there, none after it.
        awk -v i="$i" 'match($0, /"line":[0-9]+/) { if (substr($0, RSTART + 7,
            RLENGTH - 7) + 0 <= i) k++ } END { print k + 0 }' whole >want
        [ "$(cat want)" -eq "$(wc -l <part)" ] || { bad=1; echo "# cut after $i: count"; }
        cases=$((cases + 1))
    done
    [ "$(wc -l <whole)" -gt 20 ] || bad=1
    result $bad "prefix: $name, $cases cuts of $n lines, $(wc -l <whole) alerts"
}
cat s/*/day-*/eve.json >all.json
cat s/cedar-03/day-*/eve.json >eve.json
cat s/*/day-*/wazuh.json >wazuh.json
{ cat s/cedar-03/day-01/firewall.csv; tail -n +2 s/cedar-03/day-02/firewall.csv; } >fw.csv
prefixes "EVE" all.json
prefixes "EVE, one worker" all.json --workers 1
prefixes "Wazuh" wazuh.json
prefixes "delimited" fw.csv --map s/firewall.map.yaml
prefixes "gzipped EVE" all.json --workers 4

# Cut within a line: the alerts before it stay as they were.
head -c $(($(wc -c <eve.json) / 2)) eve.json >part.in
"$YAGURA" triage --model m eve.json >whole
"$YAGURA" triage --model m part.in 2>/dev/null | head -n -1 | said - >part
said whole | head -n "$(wc -l <part)" >want
same "a file that ends within a line" want part

# Cutting one of two files at a time changes nothing before that time. (Lines of several
# files come batch by batch; what is compared is every line earlier than the cut.)
cat s/cedar-03/day-*/wazuh.json >wazuh.json
"$YAGURA" triage --model m eve.json wazuh.json >whole
at=$(sed -n "$(($(wc -l <eve.json) / 2))p" eve.json |
    sed 's/.*"timestamp":"\([^"+]*\).*/\1/')
before() { # FILE: its lines earlier than $at, sorted
    awk -v at="$at" 'match($0, /"@timestamp":"[^"]*"/) {
        if (substr($0, RSTART + 14, length(at)) < at) print }' "$1" | said - | sort
}
head -n "$(($(wc -l <eve.json) / 2))" eve.json >cut.json
"$YAGURA" triage --model m cut.json wazuh.json >part
before whole >want
before part >got
same "two files, one cut: $(wc -l <want) lines before the cut" want got

# Held-out customers: their verdicts are looked at only to measure.
"$YAGURA" evaluate --data st --quiet --json --train aoba-01,birch-02 --test cedar-03 >e1
cp -r s p
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "level") c = i }
    NR > 1 { $c = NR % 3 ? "FP" : "L" NR % 4 + 1 } { print }' s/cedar-03/verdicts.csv \
    >p/cedar-03/verdicts.csv
cmp -s s/cedar-03/verdicts.csv p/cedar-03/verdicts.csv
is "the verdicts were permuted" $? 1
import_sample stp p >/dev/null
for d in st stp; do
    "$YAGURA" train --data $d --quiet --json --tenants aoba-01,birch-02 --out $d.m >$d.train
    "$YAGURA" triage --model $d.m --tenant cedar-03 eve.json >$d.lines
    "$YAGURA" evaluate --data $d --quiet --json --train aoba-01,birch-02 --test cedar-03 >$d.e
done
same "verdicts of a held-out customer do not change what is learned" st.train stp.train
same "nor any score of its alerts" st.lines stp.lines
is "nor the threshold" "$(field tau st.e)" "$(field tau stp.e)"
is "nor what closes" "$(sed 's/.*"measures"//' st.e | field clusters_closing /dev/stdin)" \
    "$(sed 's/.*"measures"//' stp.e | field clusters_closing /dev/stdin)"
cmp -s st.e stp.e
is "but they are what is measured" $? 1
"$YAGURA" train --data stp --quiet --json --tenants aoba-01,cedar-03 --out with.m >with.train
"$YAGURA" train --data st --quiet --json --tenants aoba-01,cedar-03 --out without.m \
    >without.train
cmp -s with.train without.train
is "and learned from when they are not held out" $? 1
done_testing

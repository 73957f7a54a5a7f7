# SPDX-License-Identifier: Apache-2.0
# The settings of the guarantee's simulation that drive the shipped program, in the order
# of GUARANTEE.md, section 6.
package GuaranteeSettings;
use strict;
use warnings;

# name, what, world (GuaranteeWorld.pm), conf (of the program), and how it is run:
# quick (in the short version), armed, says (a person's verdict on a row), trainers (another world for those that the
# model learns from), shift.
my $ONE = { protect => "L4", delta => "5%" };
our @BINARY = (
    { name => "successive", quick => 1, what => "twelve certificates in a row, each after retraining",
      conf => $ONE },
    { name => "tiny-n", what => "attacks so few that the first rate is certified at k = 1",
      conf => { delta => "5%" }, world => { threats => { L3 => 92, L4 => 40 }, benign => 220 } },
    { name => "ties", what => "risks take few values",
      conf => $ONE, world => { steps => 1, alerts => 1 } },
    { name => "one-huge-run", what => "half of all alerts are one harmless run, a tenth one attack",
      conf => $ONE, world => { huge => 600 } },
    { name => "prevalence", what => "one alert in ten thousand is an attack",
      conf => $ONE, world => { threats => { L4 => 0.1 }, benign => 330, alerts => 5 },
      trainers => { threats => { L4 => 60 } } },
    { name => "clustered", what => "three runs an entity and day, correlation 0.3",
      conf => $ONE, world => { runs => 3, rho => 0.3, alerts => 1 } },
    { name => "missed-verdicts", what => "people call one attack in twenty harmless",
      conf => $ONE,
      says => sub { $_[0][5] ne "FP" && $_[0][6] % 20 == 7 ? "FP" : $_[0][5] } },
    { name => "two-levels", what => "L3 and L4, L3 nearer to what is harmless",
      world => { threats => { L3 => 190, L4 => 190 }, nearer => { L3 => 0.5 } } },
    { name => "truncation", quick => 1, armed => 1,
      what => "armed from the first certificate on: of what is closed only audits are judged",
      conf => { %$ONE, audits_per_day => 150 },
      world => { threats => { L4 => 300 }, benign => 450 } },
);

# After the first certificate the world is another one. Overruns are of the threshold
# alone; the gates and the audit are to catch them.
my $SHIFTED = { armed => 1, generations => 1, conf => { %$ONE, audits_per_day => 20 } };
our @SHIFTS = (
    { %$SHIFTED, name => "new-device", what => "attacks that look harmless on a new type of device",
      shift => { periods => 3, world => { hidden => { device => "H", apart => 0, count => 60 } } } },
    { %$SHIFTED, name => "new-tenant", what => "a customer that is not like those the model learned from",
      fresh => 8, shift => { periods => 1, world => { apart => 1 } } },
    { %$SHIFTED, name => "base-rate", what => "four times the attacks",
      shift => { periods => 3, world => { threats => { L4 => 760 } } } },
    { %$SHIFTED, name => "for-jump", quick => 1, what => "attacks that look harmless",
      shift => { periods => 3, world => { hidden => { apart => 0, count => 60 } } } },
);

# Must come out "overruns": attacks that look harmless are called so without looking.
our $SELF_TEST = {
    name => "self-test", what => "nobody looks at what seems harmless: it counts as such",
    conf => $ONE, says => sub { $_[0][4] < 12000 ? "FP" : $_[0][5] },
};

1;

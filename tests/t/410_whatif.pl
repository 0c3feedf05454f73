# What an index does in the rehearsal is what it does in production: a small part of the what-if
# benchmark. What the figures can be in full is in tests/bench/whatif; here only directions must hold.
use strict;
use warnings;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE} && $ENV{PGREHEARSE_ROOT};

my $out = qx{'$ENV{PGREHEARSE_ROOT}/tests/bench/whatif' --schemas ml_registry --changes 'approvals|drop model_versions' --calls 10 --seconds 3 --calibrate 5 --verbose 2>&1};
is($?, 0, 'productions and replays with and without the indexes run') or diag $out;
note $out;
my ($true, $ours) = $out =~ /^create approvals \(model_version_id\) +([\d.]+) +\S+ +([\d.]+)/m;
cmp_ok($true, '<', 0.91, 'an index saves production blocks');
cmp_ok($ours, '<', 0.91, '... and so it does in the rehearsal');
like($out, qr/^    select approvals by model_version_id +6\d\.\d -> +3\.\d +6\d\.\d -> +3\.\d/m, '... as many, for the statement it is for');
my ($dropped) = $out =~ /^drop model_versions(.*?)^create/ms;
# Of reads: what a write touches depends on which updates find room on their page, at that moment.
unlike($dropped, qr/^    select/m, 'an index that no statement uses is dropped: no read changes, in neither');
done_testing();

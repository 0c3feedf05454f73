# The replay does production's work: a short run of the fidelity benchmark. What the figures can
# be in full is in tests/bench/fidelity; here they only must not collapse.
use strict;
use warnings;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE} && $ENV{PGREHEARSE_ROOT};

my $out = qx{'$ENV{PGREHEARSE_ROOT}/tests/bench/fidelity' --schemas events --calls 15 --seconds 5 --calibrate 10 --no-second --verbose 2>&1};
is($?, 0, 'production, capture, bind and replay run') or diag $out;
note $out;
my ($summary) = $out =~ /^events: (.*)$/m;
my %n = map { split /=/ } split / /, $summary // '';
cmp_ok($n{statements} // 0, '>=', 30, 'every statement was captured');
is($n{executed}, $n{statements}, 'every statement executes');
cmp_ok($n{'blocks_2'} / $n{statements}, '>=', 0.6, 'blocks per call are near production\'s');
cmp_ok($n{'rows_1.25'} / $n{statements}, '>=', 0.6, 'rows per call are');
like($out, qr/production sent literals/, 'the form of a statement is known by its queryid');
like($out, qr/in the text, as production sent it/, 'also where only some constants are literals');
done_testing();

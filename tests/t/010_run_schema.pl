# run.json has a schema: the golden record, which fills every member, validates, and the schema
# is strict enough to notice what a program that reads run.json would trip over.

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use Test::More;

my $tests = dirname(dirname(__FILE__));
my $schema = "$tests/../harness/model/run.schema.json";
my $golden = "$tests/golden/run.json";

sub validate
{
	my ($path) = @_;
	my $said = qx("$tests/schema_check.py" "$schema" "$path" 2>&1);
	return ($? >> 8, $said);
}

my ($status, $said) = validate($golden);
is($status, 0, 'a run record with every member filled validates') or diag($said);

# [what is changed, from, to, the path that the validator names]
my @changes = (
	['an unknown member', '"run_id":', '"surprise": 1, "run_id":', 'surprise'],
	['a missing member', '"guard": 0.25', '"guards": 0.25', 'policy'],
	['an unknown verdict', '"outcome": "FAIL"', '"outcome": "MAYBE"', 'verdict/outcome'],
	['an unknown metric', '"metric": "latency.p95"', '"metric": "latency.p96"', 'checks/0/metric'],
	['a number as text', '"lag_p50": ', '"lag_p50": "1", "x": ', 'generator'],
	['a negative amount', '"coverage_time": 0.9375', '"coverage_time": -1', 'coverage/coverage_time'],
	['a queryid as number', '"queryid": "-8219876543210987654"', '"queryid": -82', 'statements/0/queryid'],
	['a scope that does not exist', '"scope": "all"', '"scope": "some"', 'thresholds/1/scope'],
	['another format version', 'pgrehearse-run/1', 'pgrehearse-run/2', 'format']);

my $dir = tempdir(CLEANUP => 1);
my $text = slurp($golden);
foreach my $change (@changes)
{
	my ($what, $from, $to, $path) = @$change;
	my $changed = $text;

	$changed =~ s/\Q$from\E/$to/ or die "the golden record has no $from";
	spew("$dir/run.json", $changed);
	($status, $said) = validate("$dir/run.json");
	ok($status == 1 && $said =~ /\Q$path\E/, "$what is noticed") or diag("$status: $said");
}

# The schema's pattern of metrics and the table of metrics are the same set.
my ($pattern) = slurp($schema) =~ /"metric": \{\s*"type": "string",\s*"pattern": "(.*?)"\s*\}/s;
$pattern =~ s/\\\\/\\/g;
my @names = slurp("$tests/../harness/model/metric.c") =~ /^\t\{"([a-z_.]+)", METRIC/mg;
cmp_ok(scalar @names, '>', 20, 'the table of metrics was read');
is(join(' ', grep { !/$pattern/ } @names), '', 'the schema knows every metric');

done_testing();

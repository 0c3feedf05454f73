# A staging copy from last month: statements that look back from now() do there what they do in
# production, because their clock is moved back to the copy's time.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GateTest;

my $node = PostgreSQL::Test::Cluster->new('production');
$node->init;
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'pg_stat_statements'\nfsync = off\nautovacuum = off\njit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
# A row every five minutes for a hundred days; bookings reach into the future.
$node->safe_psql('shop', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), seen timestamp NOT NULL, day date NOT NULL);
CREATE TABLE booking (id int PRIMARY KEY, starts_at timestamptz NOT NULL);
CREATE TABLE log (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
INSERT INTO orders (total, created_at, seen, day)
  SELECT n % 100, t, t::timestamp, t::date
  FROM generate_series(1, 28800) n, LATERAL (SELECT now() - (28800 - n) * interval '5 minutes' AS t) x;
INSERT INTO booking SELECT n, now() + (n - 500) * interval '2 hours' FROM generate_series(1, 1000) n;
CREATE INDEX ON orders (created_at);
CREATE INDEX ON orders (seen);
CREATE INDEX ON orders (day);
SQL
$node->safe_psql('postgres', 'CREATE DATABASE staging TEMPLATE shop');
# The copy has partitions up to its own time only.
$node->safe_psql('shop', "CREATE TABLE log_all PARTITION OF log DEFAULT");
$node->safe_psql('staging', <<'SQL');
DO $$ BEGIN
  EXECUTE format('CREATE TABLE log_old PARTITION OF log FOR VALUES FROM (%L) TO (%L)',
    now() - interval '40 days', now() - interval '25 days');
END $$;
UPDATE orders SET created_at = created_at - interval '30 days', seen = seen - interval '30 days',
  day = day - 30;
UPDATE booking SET starts_at = starts_at - interval '30 days';
SQL
$node->safe_psql($_, 'VACUUM FULL; ANALYZE') for qw(shop staging);

my @statements = (
	"SELECT id FROM orders WHERE created_at > now() - interval '7 days'",
	"SELECT id FROM orders WHERE created_at >= current_timestamp - '3 days'::interval AND total < 50",
	'SELECT id FROM orders WHERE day >= current_date',
	"SELECT id FROM orders WHERE day >= (current_timestamp - interval '2 days')::date",
	"SELECT count(*) FROM orders WHERE seen > localtimestamp - interval '1 day'",
	"SELECT t.id FROM (SELECT id, now() FROM orders) t WHERE t.now - interval '1 day' < (SELECT max(created_at) FROM orders o WHERE o.id = t.id)",
	'SELECT id FROM booking WHERE starts_at > now()',
	"INSERT INTO log VALUES (now(), 'login')",
	"UPDATE orders SET seen = clock_timestamp()::timestamp WHERE created_at > now() - interval '10 minutes'",
	'SELECT count(*) FROM orders');
$node->safe_psql('shop', 'SELECT pg_stat_statements_reset()');
$node->safe_psql('shop', join ";\n", (@statements) x 4);
my ($exit, $out, $err) = program('capture', '-d', connection($node), '--since-reset', '-o',
	my $workload = scratch('workload.json'));
is($exit, 0, 'production is captured') or diag $err;

# ---- the gate ----------------------------------------------------------------------------------
my $yaml = gate_file(undef, workload => $workload, staging => '{dsn: "' . connection($node, 'staging') . '"}',
	replay => '{rate: 150/s, time: 4s, clients: 2}', thresholds => "\n  - {metric: errors.rate, max: 0%}");
# To its end: rows per call are a mean over vectors that differ much, and a few calls are not all of them.
($exit, $out, $err) = program('gate', $yaml, '--no-early-stop');
like($err, qr/newest rows of staging are 29 days 23 hours 5\d minutes old|newest rows of staging are 30 days/,
	'how old staging is stands in the progress');
my ($results, $run) = @{ newest_result($yaml) }{qw(dir run)};
like($run->{coverage}{time_shift}, qr/^(29 days 23 hours|30 days)/, 'and in the run record');
for my $report (qw(report.html report.md)) {
	like(slurp_file("$results/$report"), qr/clock.*(29 days 23 hours|30 days)/, "and in $report");
}
my (%ratio, %failed);
for my $statement (grep { !$_->{skip_reason} } @{ $run->{statements} }) {
	my ($here, $there) = ($statement->{arms}{baseline}, $statement->{production});
	$ratio{ $statement->{text} } = ($here->{rows} / ($here->{ok} || 1) + 0.01) / ($there->{rows} / $there->{calls} + 0.01);
	$failed{ $statement->{text} } = $here->{errors} if $here->{errors};
}
is_deeply(\%failed, {}, 'nothing fails, nor an INSERT for whose real time there is no partition');
is(scalar(keys %ratio), scalar(@statements), 'every statement is replayed')
  or diag explain [ map { $_->{skip_reason} // () } @{ $run->{statements} } ];
for my $text (sort keys %ratio) {
	next if $text =~ /^INSERT|^UPDATE/;
	cmp_ok(abs($ratio{$text} - 1), '<', 0.06, "rows per call are production's: $text");
}

# ---- bind ----------------------------------------------------------------------------------------
sub bound
{
	my (@options) = @_;
	my $file = scratch('vectors.json');
	my ($exit, $out, $err) = program('bind', '-d', connection($node, 'staging'), '-w', $workload,
		'-o', $file, '--calibrate-time', '2s', @options);
	is($exit, 0, "bind @options") or diag $err;
	return (decode_json(slurp_file($file)), $out, $err);
}

my ($vectors, $table) = bound('--time-shift', '3d');
is($vectors->{time_shift}, '3 days', 'a shift can be told');
like($table, qr/clock .*moved back by 3 days/, 'and the table says so');
is(scalar(grep { $_->{sql} =~ /interval '259200 seconds'/ } @{ $vectors->{statements} }), 9,
	'every statement that reads the clock has it');
($vectors) = bound('--time-shift', 'off');
is($vectors->{time_shift}, undef, 'or none');
is(scalar(grep { $_->{sql} =~ /seconds'/ } @{ $vectors->{statements} }), 0, 'and the texts are as they were');

# A fresh copy is left alone, also with a column that is ahead of the clock.
($exit, $out, $err) = program('bind', '-d', connection($node), '-w', $workload, '-o',
	my $fresh = scratch('vectors.json'), '--calibrate-time', '2s');
is(decode_json(slurp_file($fresh))->{time_shift}, undef, 'a copy of today keeps its clock');

for my $wrong ('soon', '-3d', '900000d') {
	($exit, $out, $err) = program('bind', '-d', connection($node), '-w', $workload, "--time-shift=$wrong");
	is($exit, 2, "--time-shift $wrong is refused");
	like($err, qr/none of auto, off and a duration/, 'with what would do');
}
($exit, $out, $err) = program('gate', gate_file($node, workload => $workload, time_shift => 'later'));
is($exit, 2, 'and in gate.yaml');
like($err, qr/gate\.yaml:\d+:\d+: time_shift: "later" is none of/, 'with its place');

done_testing();

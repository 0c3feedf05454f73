# replica.lag_bytes on a real standby: what the gate says without one, with one that keeps up, and
# with one that has stopped replaying.

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use GateTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $primary = staging('primary', "wal_level = replica\nmax_wal_senders = 4\nmax_replication_slots = 4\n"
	  . "shared_preload_libraries = 'pg_stat_statements'\n");
$primary->safe_psql('shop', 'CREATE EXTENSION pg_stat_statements');

my $limit = "\n  - {metric: errors.rate, max: 0.1%}\n  - {metric: replica.lag_bytes, max: ";
sub lag_gate
{
	my ($max) = @_;
	return gate(gate_file($primary, replay => '{rate: 40/s, time: 3s, clients: 4}', thresholds => "$limit$max}"));
}

my $alone = lag_gate('64MB');
my ($check) = checks($alone, 'replica.lag_bytes');
is($check->{outcome}, 'INCONCLUSIVE', 'without a standby a limit on its lag decides nothing');
like($check->{why}, qr/no standby replicates.*attach one.*pg_basebackup -R/, 'and the check says what to do');
is($alone->{code}, 4, 'nor does the gate');

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay');

my $live = lag_gate('64MB');
($check) = checks($live, 'replica.lag_bytes');
is($check->{outcome}, 'PASS', 'a standby that keeps up is within a generous limit') or diag($live->{err});
like($check->{why}, qr/both arms are on one server.*of their WAL is the candidate's/, 'it stands behind both arms, and the check says so');
my $arms = $live->{run}{arms};
is($arms->{$_}{standbys}, 1, "the standby of the $_ was seen") for qw(baseline candidate);
cmp_ok(abs($arms->{baseline}{replica_share} + $arms->{candidate}{replica_share} - 1), '<', 1e-9, 'the shares make a whole');
cmp_ok($arms->{candidate}{replica_lag_mean}, '<=', $arms->{candidate}{replica_lag_max}, 'the mean lag is at most the longest');

# Its lag is then all that is written from now on, the clones included.
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
my $from = $primary->lsn('write');
my $paused = lag_gate('100kB');
my $written = $primary->safe_psql('postgres', "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '$from')");
($check) = checks($paused, 'replica.lag_bytes');
$arms = $paused->{run}{arms};
cmp_ok($arms->{candidate}{replica_lag_max}, '>', 1_000_000, 'a standby that stopped is a clone and more behind');
cmp_ok($arms->{candidate}{replica_lag_max}, '<=', $written, 'and not more than was written');
is($check->{outcome}, 'INCONCLUSIVE', 'a limit that the baseline breaches, too, is no verdict on the candidate');
like($check->{why}, qr/the baseline is beyond the limit, too/, 'and the check says so');
($check) = checks(gate(gate_file($primary, replay => '{rate: 40/s, time: 2s, clients: 4}',
	thresholds => "\n  - {metric: replica.lag_bytes, max_increase: 64MB}")), 'replica.lag_bytes');
is($check->{outcome}, 'PASS', 'arms that write alike do not differ');
is($check->{estimate}, $check->{candidate} - $check->{baseline}, 'by the difference of their parts');

$standby->stop('immediate');
done_testing();

# clone: on a server that is not ours: what may be dropped, what may not, who is in the way.
use strict;
use warnings;
use IPC::Run qw(run timeout);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';

my $node = PostgreSQL::Test::Cluster->new('staging');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_stat_statements'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop',
	'CREATE TABLE item AS SELECT i AS id, i % 7 AS kind FROM generate_series(1, 1000) i');
my @server = ('-h', $node->host, '-p', $node->port);
my $orphan = 'pgrehearse_20260504_093012_a1b2_candidate';

sub clone
{
	my ($out, $err) = ('', '');
	run([ $pgrehearse, 'clone', @_ ], \undef, \$out, \$err, timeout(120));
	return ($? >> 8, $out, $err);
}

sub databases
{
	return $node->safe_psql('postgres',
		"SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE oid >= 16384");
}

# A mark as a run leaves it in a database it made.
sub mark_as_run
{
	my ($database) = @_;
	$node->safe_psql('postgres', "COMMENT ON DATABASE $database IS 'pgrehearse-clone"
		  . ' {"run": "20260504_093012_a1b2", "arm": "candidate", "source": "shop",'
		  . ' "made": "2026-05-04T09:30:12Z", "origin": "run",'
		  . " \"database\": \"$database\"}'");
}

sub fnv1a
{
	no warnings 'portable';
	use integer;
	my $hash = 0xcbf29ce484222325;
	$hash = ($hash ^ ord) * 0x100000001b3 for split //, $_[0];
	return $hash;
}

my ($code, $out, $err) = clone('list', @server);
is($code, 0, 'list of a server without clones');
is($out, "no clones\n", '... says so');

($code, $out, $err) = clone('create', @server, '-d', 'shop');
is($code, 0, 'create') or diag($err);
like($out, qr/^pgrehearse_\d{8}_\d{6}_[0-9a-f]{4}_baseline$/, '... prints the name alone');
chomp(my $made = $out);
is($node->safe_psql($made, 'SELECT count(*) FROM item'), '1000', '... of a copy');
is($node->safe_psql($made, "SELECT count(*) FROM pg_stats WHERE tablename = 'item'"),
	'2', '... that has been analysed');
is($node->safe_psql($made, "SELECT count(*) > 0 FROM pg_stat_statements"),
	't', '... and has its statement counters');

($code, $out, $err) = clone('create', @server, '-d', 'shop', '--name', 'Shop copy');
is($code, 0, 'create with a name of its own');
($code, $out, $err) = clone('create', @server, '-d', 'shop', '--name', 'Shop copy');
is($code, 3, 'a second one of that name fails');
like($err, qr/already exists.*hint: choose another name/s, '... and says what to do');

($code, $out, $err) = clone('list', @server);
like($out, qr/^DATABASE +STATE +ARM +SIZE +MADE +SOURCE$/m, 'list has a head');
like($out, qr/^Shop copy +kept +baseline +\S+ MiB +\S+Z  shop$/m, '... and a row per clone');

($code, $out, $err) = clone('drop', @server, 'shop');
is($code, 3, 'staging itself is not dropped');
like($err, qr/"shop" does not carry the mark/, '... because it has no mark');
($code, $out, $err) = clone('drop', @server, 'nothing');
is($code, 2, 'a name that does not exist');
($code, $out, $err) = clone('drop', @server);
is($code, 2, 'drop wants to know what');
($code, $out, $err) = clone('drop', @server, '--orphans', '--all');
is($code, 2, '... and only one of the ways to say it');

$node->safe_psql('postgres', "CREATE DATABASE $orphan");
$node->safe_psql('postgres', 'CREATE DATABASE pgrehearse_not_our_form_baseline');
$node->safe_psql('postgres', 'CREATE DATABASE left_behind');
mark_as_run('left_behind');
$node->safe_psql('postgres', 'CREATE DATABASE mine');
($code, $out, $err) = clone('mark', @server, '-d', 'mine');
is($code, 0, 'mark');
($code, $out, $err) = clone('list', @server);
like($out, qr/^left_behind +orphan /m, 'a clone whose run is gone is an orphan');
like($out, qr/^$orphan +unmarked /m, 'one that was never marked is known by its name');
like($out, qr/^mine +marked /m, 'a database that somebody marked is told apart');
unlike($out, qr/not_our_form/, 'a name that only begins like ours is not');

{
	# Whoever holds the lock of the run is the run.
	my $run = $node->background_psql('postgres');
	my $hash = fnv1a('20260504_093012_a1b2') & 0x7fffffff;
	$run->query_safe("SELECT pg_advisory_lock(1885827688, $hash)");
	($code, $out, $err) = clone('list', @server);
	like($out, qr/^left_behind +live /m, 'a clone is live while its run holds its lock');
	($code, $out, $err) = clone('drop', @server, '--orphans');
	is($out, "no orphans\n", '... and then no orphan');
	($code, $out, $err) = clone('drop', @server, 'left_behind');
	is($code, 3, '... and not dropped by name');
	like($err, qr/in use by run 20260504_093012_a1b2.*hint:.*--force/s, '... without --force');
	$run->quit;
}

($code, $out, $err) = clone('drop', @server, '--orphans');
is($code, 0, 'drop --orphans');
is($out, "dropped left_behind\ndropped $orphan\n", '... drops those and says so');
($code, $out, $err) = clone('drop', @server, '--orphans');
is($out, "no orphans\n", '... once');
is( databases(),
	join(' ', sort($made, 'Shop copy', 'mine', 'pgrehearse_not_our_form_baseline', 'shop')),
	'... and nothing else');

($code, $out, $err) = clone('drop', @server, '--all');
is($code, 0, 'drop --all');
is(databases(), 'mine pgrehearse_not_our_form_baseline shop', '... leaves what it did not make');
($code, $out, $err) = clone('drop', @server, 'mine');
is(databases(), 'pgrehearse_not_our_form_baseline shop', 'a marked database is dropped by name');

# A dump that is restored under another name brings its comment along, but not its meaning.
$node->safe_psql('postgres', 'CREATE DATABASE production');
$node->safe_psql('postgres',
	"COMMENT ON DATABASE production IS 'pgrehearse-clone {\"run\": \"r\", \"origin\": \"run\","
	  . " \"database\": \"production_copy\"}'");
($code, $out, $err) = clone('drop', @server, 'production');
is($code, 3, 'a mark that names another database does not count');

{
	my $busy = $node->background_psql('shop');
	$busy->query_safe("SET application_name = 'nightly report'");
	($code, $out, $err) = clone('create', @server, '-d', 'shop', '--name', 'late');
	is($code, 3, 'staging that others use cannot be copied');
	like($err, qr/nightly report as \S+, process \d+, idle.*hint: end these sessions/s,
		'... and they are named');
	$busy->quit;
}

$node->safe_psql('postgres', 'CREATE ROLE clerk LOGIN');
($code, $out, $err) = clone('create', @server, '-d', 'shop', '-U', 'clerk', '--name', 'late');
is($code, 3, 'a user who may not create databases');
like($err, qr/hint: user clerk needs CREATEDB/, '... is told what is missing');
($code, $out, $err) = clone('mark', @server, '-d', 'shop', '-U', 'clerk');
is($code, 3, 'nor may that user mark one');
$node->safe_psql('postgres', 'ALTER ROLE clerk CREATEDB');
$node->safe_psql('postgres', 'ALTER DATABASE shop OWNER TO clerk');
($code, $out, $err) = clone('create', @server, '-d', 'shop', '-U', 'clerk', '--name', 'late');
is($code, 0, 'an owner with CREATEDB may, though not a superuser') or diag($err);
like($err, qr/pg_stat_statements cannot be created/, '... and is told about missing counters');

for my $bad ([], ['make'], [ 'list', 'x' ], ['create'], ['mark'])
{
	($code, $out, $err) = clone(@$bad, @server);
	is($code, 2, "usage error: clone @$bad");
}
($code, $out, $err) = clone('list', '-h', '/nowhere');
is($code, 3, 'a server that does not answer');
is($out, '', '... gives no result');

done_testing();

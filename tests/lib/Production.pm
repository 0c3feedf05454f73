# A "production" for the benchmarks: a PostgreSQL server of its own, the schemas of fixtures/, three of them at a
# fifth of their size, and the statements of tests/bench/fidelity-shapes with skewed and correlated
# values, sent by the prepared, the simple and the extended protocol. And the way from there to a replay.
#
#   production_start(pgrehearse => FILE, calls => 40, seconds => 15, calibrate => 60, conf => LINES,
#     in_turn => 0, qualstats => 0, bindir => DIR, staging_bindir => DIR);
#   load_schema('orders');                            # database before_orders
#   copy_database('before_orders', 'production_orders');
#   produce('orders', 'production_orders', 1000);     # 1000: the seed
#   my $workload = capture('production_orders', workload_path('orders'));
#   sample_log('production_orders', 'orders');        # if log_statements() came before produce()
#   copy_database('before_orders', 'staging_orders'); # or restore_database(), or
#                                                     # transfer_database('orders', 'staging_orders')
#   print bind_to('staging_orders', 'orders', $workload);
#   my $run = replay_on('staging_orders', 'orders', $workload);    # the decoded run.json
#
# bindir is that of production's server, staging_bindir that of a second one, of another major, for what
# transfer_database() makes; they need initdb, postgres and pg_ctl only, the clients are those of Debian.
# The servers are stopped and their directory removed at the end of the program, after SIGINT and SIGTERM too.
package Production;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use Files;
use JSON::PP;
use List::Util qw(sum0);

our @EXPORT = qw(production_start server_log server_pid pgrehearse psql fixture_files load_schema copy_database
  restore_database transfer_database shapes produce log_statements capture sample_log bind_to replay_on workload_path per_call within);

my $root = abs_path(dirname(__FILE__) . '/../..');
my ($tmp, $clients, $ours, @unprivileged, %o, @children);
my @servers;    # [directory, programs]
my $major;    # of production
my %elsewhere;    # databases on a server that is not PGHOST
my $owner = $$;
my $max_scripts = 128;    # of one pgbench
my $log_prefix = '%m [%p] %q%u@%d ';

END
{
	my $code = $?;
	if ($$ == $owner) {
		kill 'TERM', @children if @children;
		stop_server($_) for @servers;
		remove_tree($tmp) if $tmp && -d $tmp;
	}
	$? = $code;
}

sub production_start
{
	%o = (calls => 40, seconds => 15, calibrate => 60, @_);
	$ours = $o{pgrehearse} || $ENV{PGREHEARSE} || "$root/build/harness/pgrehearse";
	-x $ours or die "no $ours: build it, or name it with --pgrehearse\n";
	($clients) = grep { -x "$_/pgbench" } reverse sort glob('/usr/lib/postgresql/*/bin');
	$clients ||= do { my $d = `pg_config --bindir`; chomp $d; $d };
	@unprivileged = qw(setpriv --reuid=postgres --regid=postgres --clear-groups) if $> == 0;
	$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 130 };
	$tmp = tempdir('pgrehearse-bench.XXXXXX', TMPDIR => 1);
	chmod 0755, $tmp;
	delete @ENV{qw(PGPORT PGDATABASE PGSERVICE PGOPTIONS)};
	@ENV{qw(PGHOST PGUSER)} = ("$tmp/server", 'bench');
	start_server("$tmp/server", $o{bindir} || $clients);
	$major = int(psql('postgres', 'SHOW server_version_num') / 10000);
	start_server("$tmp/staging", $o{staging_bindir}) if $o{staging_bindir};
}

sub start_server
{
	my ($dir, $bindir) = @_;
	-x "$bindir/initdb" or die "no initdb in $bindir\n";
	mkdir $dir;
	chown +(getpwnam 'postgres')[ 2, 3 ], $dir if @unprivileged;
	server("$bindir/initdb", '-D', "$dir/data", '-U', 'bench', '-A', 'trust', '-N', '-E', 'UTF8', '--no-locale');
	open my $conf, '>>', "$dir/data/postgresql.conf" or die "$dir: $!\n";
	print $conf "listen_addresses = ''\nunix_socket_directories = '$dir'\nfsync = off\n",
	  "synchronous_commit = off\nfull_page_writes = off\nautovacuum = off\njit = off\n",
	  "shared_buffers = 256MB\nmax_wal_size = 4GB\nshared_preload_libraries = pg_stat_statements\n",
	  "log_line_prefix = '$log_prefix'\n",
	  $o{qualstats} ? "shared_preload_libraries = 'pg_stat_statements,pg_qualstats'\npg_qualstats.sample_rate = 1\n"
	  . "pg_qualstats.max = 50000\n" : '',
	  $o{conf} // '';
	close $conf;
	server("$bindir/pg_ctl", '-D', "$dir/data", '-w', 'start');
	push @servers, [ $dir, $bindir ];
}

sub stop_server { server("$_[0][1]/pg_ctl", '-D', "$_[0][0]/data", '-m', 'immediate', 'stop') }

sub server
{
	my ($program, @args) = @_;
	system('sh', '-c', 'cd / && exec "$@" >>"$0" 2>&1', "$tmp/log", @unprivileged, $program,
		@args) == 0 or warn "$program failed:\n" . `tail -5 $tmp/log`;
}

sub run
{
	my ($input, @command) = @_;
	spew("$tmp/in", $input);
	my $out = qx{@{[ join ' ', map { "'$_'" } @command ]} <'$tmp/in' 2>'$tmp/err'};
	# 4: the generator was late, which work per call does not mind.
	die "@command:\n" . `tail -15 '$tmp/err'` if $? && $? >> 8 != 4;
	return $out;
}

sub server_log { return "$tmp/log" }
sub server_pid { return (split /\n/, slurp("$tmp/server/data/postmaster.pid"))[0] }

# What the command printed; what it said is in the message when it fails.
sub pgrehearse { return run('', $ours, @_) }

sub psql
{
	my ($db, $sql) = @_;
	return run($sql, "$clients/psql", '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', conninfo($db));
}

sub conninfo { return $elsewhere{ $_[0] } ? "host=$elsewhere{$_[0]} dbname=$_[0]" : "dbname=$_[0]" }

# ---- the schemas ---------------------------------------------------------------------------------

my %smaller = (
	orders => sub { $_[0] =~ s/300000/60000/g; $_[0] =~ s/297000/59400/g; $_[0] =~ s/20000(?! \* random)/4000/g;
		$_[0] =~ s/floor\(20000 \* random\(\) \^ 3\)::bigint/floor(4000 * random() ^ 3)::bigint/g },
	ml_registry => sub { $_[0] =~ s/150000/30000/g; $_[0] =~ s/149800/29800/g; $_[0] =~ s/60000/12000/g;
		$_[0] =~ s/59000/11800/g },
	events => sub { },
	saas => sub { },
);

sub fixture_files { return sort glob("$root/fixtures/$_[0]/*.sql") }

sub load_schema
{
	my ($schema) = @_;
	psql('postgres', "CREATE DATABASE before_$schema");
	fill_schema($schema, "before_$schema");
	psql("before_$schema", 'CREATE EXTENSION pg_stat_statements; CREATE SEQUENCE lines START 100;'
		  . 'CREATE SEQUENCE victims START 1000;');
	psql("before_$schema", 'CREATE EXTENSION pg_qualstats') if $o{qualstats};
	psql("before_$schema", 'VACUUM ANALYZE');
}

sub fill_schema
{
	my ($schema, $db) = @_;
	local $ENV{PGREHEARSE_EVENTS} = 60000;
	for my $file (fixture_files($schema)) {
		my $sql = slurp($file);
		$smaller{$schema}->($sql);
		psql($db, $sql);
	}
	psql($db, 'CREATE INDEX ON training_runs (model_id); CREATE INDEX ON deployments (model_version_id);'
		  . 'CREATE INDEX ON training_runs USING gin (hyperparameters); CREATE INDEX ON model_versions (training_run_id)')
	  if $schema eq 'ml_registry';
}

sub copy_database
{
	my ($from, $to) = @_;
	psql('postgres', "DROP DATABASE IF EXISTS $to");
	psql('postgres', "CREATE DATABASE $to TEMPLATE $from");
}

# Other OIDs, hence other queryids.
sub restore_database
{
	my ($from, $to) = @_;
	psql('postgres', "DROP DATABASE IF EXISTS $to");
	psql('postgres', "CREATE DATABASE $to");
	run('', 'sh', '-c', "$clients/pg_dump $from | $clients/psql -XAtq -d $to");
	psql($to, 'VACUUM ANALYZE');
}

# The rows of before_$schema in a database of the staging server: pg_dump reads no server newer than itself, so
# the tables are made again by the fixture, and their rows and sequences copied.
sub transfer_database
{
	my ($schema, $to) = @_;
	my $from = "before_$schema";
	$elsewhere{$to} = $elsewhere{template1} = "$tmp/staging";
	psql('template1', "DROP DATABASE IF EXISTS $to");
	psql('template1', "CREATE DATABASE $to");
	fill_schema($schema, $to);
	psql($to, 'CREATE EXTENSION pg_stat_statements');
	my @tables = split /\n/, psql($to, "SELECT oid::regclass FROM pg_class WHERE relkind = 'r'"
		  . " AND relnamespace = 'public'::regnamespace ORDER BY oid");
	psql($to, "TRUNCATE " . join ', ', @tables);
	my $clone = conninfo($to);
	for my $table (@tables) {
		run('', 'sh', '-c', qq{$clients/psql -XAtq -d $from -c "COPY $table TO STDOUT" | $clients/psql -XAtq -v ON_ERROR_STOP=1 }
			  . qq{-d "$clone" -c "SET session_replication_role = replica" -c "COPY $table FROM STDIN"});
	}
	psql($to, psql($from, "SELECT format('SELECT setval(to_regclass(%L), %s);', oid::regclass, pg_sequence_last_value(oid))"
		  . " FROM pg_class WHERE relkind = 'S' AND pg_sequence_last_value(oid) > 0"));
	psql($to, 'VACUUM ANALYZE');
}

# ---- production ----------------------------------------------------------------------------------

# [name, statement with its {expressions}, source]
sub shapes
{
	my ($schema) = @_;
	return grep { $major >= 15 || $_->[1] !~ /^MERGE/ } map { [ split / \| /, $_, 3 ] } grep { !/^#/ }
	  split /\n/, slurp("$root/tests/bench/fidelity-shapes/$schema");
}

# A pgbench script: values by one query, the statement with them by the protocol.
sub script
{
	my ($shape, $protocol) = @_;
	my (undef, $sql, $source) = @$shape;
	my @values;
	my $nested;
	$nested = qr/\{((?:[^{}]++|(??{ $nested }))*)\}/;
	$sql =~ s{$nested}{
		my $e = $1;
		my $text = $e =~ s/^t://;
		my $n = @values + 1;
		push @values, $text ? ($protocol eq 'simple' ? "quote_literal($e) AS p$n" : "($e)::text AS p$n") : "$e AS p$n";
		":p$n"
	}ge;
	return "$sql;\n" unless @values;
	return "\\set r random(1, 1000000000)\nSELECT setseed(:r / 1000000000.0) \\gset z_\nSELECT "
	  . join(', ', @values) . ($source ? " FROM $source" : '') . " \\gset\n$sql;\n";
}

# The shapes of a schema or a list of them. One client per protocol, all at the same time (one after
# another with in_turn, so that two runs with one seed are the same to the row), statements in random order.
sub produce
{
	my ($which, $db, $seed) = @_;
	my @protocols = qw(prepared simple prepared extended);
	my %files;
	my $n = 0;
	for my $shape (ref $which ? @$which : shapes($which)) {
		my $protocol = $protocols[ $n++ % @protocols ];
		push @{ $files{$protocol} }, spew("$tmp/script$n.sql", script($shape, $protocol));
	}
	psql($db, 'SELECT pg_stat_statements_reset()');
	psql($db, 'SELECT pg_qualstats_reset()') if $o{qualstats};
	for my $protocol (sort keys %files) {
		send_traffic($db, $seed, $protocol, splice @{ $files{$protocol} }, 0, $max_scripts) while @{ $files{$protocol} };
	}
	finish_traffic();
}

sub send_traffic
{
	my ($db, $seed, $protocol, @scripts) = @_;
	my $pid = fork // die "fork: $!\n";
	if ($pid) {
		push @children, $pid;
		finish_traffic() if $o{in_turn};
		return;
	}
	open STDOUT, '>', "$tmp/$protocol.$$.out";
	open STDERR, '>&', \*STDOUT;
	exec "$clients/pgbench", '-n', '-c', 1, '-t', $o{calls} * @scripts, '--random-seed', $seed, '-M', $protocol,
	  (map { ('-f', $_) } @scripts), $db;
}

sub finish_traffic
{
	while (my $pid = shift @children) {
		waitpid $pid, 0;
		die "production: " . join '', map { slurp($_) } glob "$tmp/*.out" if $?;
	}
}

# From its next sessions on, all that the clients of a database send is in the server's log.
sub log_statements { psql('postgres', "ALTER DATABASE $_[0] SET log_min_duration_statement = 0") }

sub workload_path { return "$tmp/$_[0].json" }

sub capture
{
	my ($db, $file) = @_;
	pgrehearse('capture', '-q', '-d', $db, '--since-reset', '-o', $file);
	my $workload = decode_json(slurp($file));
	$workload->{statements} =
	  [ grep { $_->{text} !~ /setseed| AS p1\b|pg_stat_statements/ } @{ $workload->{statements} } ];
	spew($file, encode_json($workload));
	return $workload;
}

# The values in the log of a database, for bind_to().
sub sample_log
{
	my ($db, $name) = @_;
	pgrehearse('capture', '-q', '-w', workload_path($name), '--log', server_log(), '--log-line-prefix', $log_prefix,
		'--log-database', $db, '--samples', "$tmp/$name.samples");
}

# ---- rehearsal -----------------------------------------------------------------------------------

# The fidelity table of bind; the vectors are kept for replay_on().
sub bind_to
{
	my ($db, $name, $workload) = @_;
	return pgrehearse('bind', '-q', '-d', conninfo($db), '-w', workload_path($name), '-o', "$tmp/$name.vectors",
		'--expected-ops', 4 * @{ $workload->{statements} } * $o{calls}, '--calibrate-time', "$o{calibrate}s",
		-e "$tmp/$name.samples" ? ('--samples', "$tmp/$name.samples") : ());
}

sub replay_on
{
	my ($db, $name, $workload) = @_;
	my $rate = int(@{ $workload->{statements} } * $o{calls} / $o{seconds}) || 1;
	pgrehearse('clone', 'mark', '-q', '-d', conninfo($db));
	remove_tree("$tmp/result");
	pgrehearse('replay', '-q', '-d', conninfo($db), '--vectors', "$tmp/$name.vectors", '-R', $rate, '-T', "$o{seconds}s",
		'-c', 2, '-o', "$tmp/result");
	return decode_json(slurp("$tmp/result/run.json"));
}

# ---- figures -------------------------------------------------------------------------------------

sub per_call
{
	my ($work) = @_;
	return undef unless $work && $work->{calls};
	my $blocks = sum0(map { $work->{$_} // 0 } qw(shared_hit shared_read local_hit local_read));
	return { rows => $work->{rows} / $work->{calls}, blocks => $blocks / $work->{calls},
		ms => $work->{exec_ms} / $work->{calls} };
}

# Of what is next to nothing, the difference counts: half a row, two blocks.
sub within
{
	my ($a, $b, $factor, $slack) = @_;
	return 1 if abs($a - $b) <= $slack;
	return $a <= $b * $factor && $b <= $a * $factor;
}

1;

package reporttest

import (
	"time"

	"heapcause/report"
	"heapcause/report/redact"
)

const (
	statement = "org.postgresql.jdbc3g.Jdbc3gPreparedStatement"
	task      = "org.postgresql.jdbc2.AbstractJdbc2Statement$1"
	queries   = "org.postgresql.core.v3.SimpleQuery"
)

// PGTimer is the report of a service whose database driver keeps 19,897 closed
// statements in the queue of its cancel timer. Its figures are made up but for
// those counts.
func PGTimer() *report.Report {
	r := &report.Report{
		SchemaVersion: report.SchemaVersion,
		Tool:          report.Tool{Name: "heapcause", Version: "0.1.0"},
		Settings:      report.Settings{References: "default", Threshold: 0.1, Top: 10},
		Dump: report.Dump{
			File: "pg-timer-a1-20000.hprof", Format: "JAVA PROFILE 1.0.2", IDSize: 8,
			Taken: time.Date(2024, 5, 2, 3, 4, 5, 678e6, time.UTC), Bytes: 26_236_881,
			JVM: "OpenJDK 64-Bit Server VM 17.0.15",
		},
		Counts: report.Counts{
			Objects: 482_756, Instances: 338_210, Arrays: 144_546, Classes: 669,
			Roots: 1_482, Threads: 24, Bytes: 18_944_120,
		},
		Retention: report.Retention{
			Strong:      report.Amount{Objects: 481_930, Bytes: 18_897_312},
			Soft:        report.Amount{Objects: 402, Bytes: 24_816},
			Finalizer:   report.Amount{Objects: 2, Bytes: 160},
			Weak:        report.Amount{Objects: 12, Bytes: 480},
			Phantom:     report.Amount{Objects: 4, Bytes: 128},
			Unreachable: report.Amount{Objects: 406, Bytes: 21_224},
		},
		Sizes: report.SizeModel{
			Line:             "HotSpot 64-bit, compressed oops, 8-byte alignment",
			ConfirmedClasses: 655, UnconfirmedClasses: 14,
		},
		Rules: []report.RuleRun{
			{Name: "finalizer-backlog", Title: "Finalization is behind"},
			{Name: "finalizer-registered", Title: "Objects that wait for finalization", Findings: 1},
			{Name: "jdbc-statement-retained", Title: "JDBC statements are kept", Findings: 1},
			{Name: "leak-suspect", Title: "One object or group retains much", Findings: 1},
			{Name: "timer-queue-backlog", Title: "Cancelled tasks stay in a timer's queue", Findings: 1},
		},
		Figures: []report.Figure{
			{Name: "finalizer.queued", Unit: "objects", Value: 0},
			{Name: "finalizer.registered", Unit: "objects", Value: 19_902},
		},
		Findings: []report.Finding{timerFinding(), registeredFinding()},
	}
	addConsumers(r)
	addThreads(r)
	return r
}

func timerFinding() report.Finding {
	var hide redact.Policy
	return report.Finding{
		Rule: "timer-queue-backlog", Doc: "timer-queue-backlog",
		Severity: report.Error, Confidence: report.Certain,
		Title: `Thread "Timer-0" keeps 19,897 cancelled tasks in its queue, and with them 19,897 closed ` +
			`JDBC statements: 13.4 MiB, 74.5 % of the strongly reachable bytes`,
		Retained: 14_083_176, RetainedShare: 0.745247, Objects: 19_897,
		Story: []string{
			"Every execute with a query timeout schedules a task on the driver's static timer. Closing the statement " +
				"cancels the task, but a cancelled task leaves the queue only when it is at its head.",
			"All tasks are due in about 3,000 s, so the statements stay for up to 50 minutes after they were closed.",
		},
		Facts: []report.Fact{
			{Label: "timer thread", Value: report.Name("Timer-0")},
			{Label: "tasks in the queue", Value: report.Count(19_897)},
			{Label: "of them cancelled", Value: report.Count(19_897)},
			{Label: "of them scheduled", Value: report.Count(0)},
			{Label: "first task due in", Value: report.Duration(2_991_204 * time.Millisecond)},
			{Label: "last task due in", Value: report.Duration(2_999_871 * time.Millisecond)},
			{Label: "statements closed", Value: report.Count(19_897)},
			{Label: "statements open", Value: report.Count(0)},
		},
		Tables: []report.Table{
			{
				Title:   "What the tasks keep alive, by class",
				Columns: []string{"class", "objects", "retained"},
				Rows: []report.Rows[report.Value]{
					{report.Name(statement), report.Count(19_897), report.Bytes(11_218_432)},
					{report.Name(queries), report.Count(19_897), report.Bytes(4_297_752)},
					{report.Name("org.postgresql.core.v3.SimpleParameterList"), report.Count(19_897), report.Bytes(2_069_288)},
				},
				Omitted: 2, OmittedBytes: 96,
			},
			{
				Title:   "Statements by SQL",
				Columns: []string{"sql", "statements", "closed"},
				Rows: []report.Rows[report.Value]{
					{
						report.Content(hide.SQL("SELECT id, customer_id, total FROM orders WHERE customer_id = ? AND state IN ('open','paid') ORDER BY created_at DESC LIMIT 50")),
						report.Count(13_265), report.Count(13_265),
					},
					{
						report.Content(hide.SQL("UPDATE orders SET state = 'paid' WHERE id = ?")),
						report.Count(6_632), report.Count(6_632),
					},
				},
			},
		},
		Evidence: report.List[report.Evidence]{
			Rows: []report.Evidence{{
				Address: 0x7ff02a18, Class: statement, Note: "statement of the task at [1]", Retained: 568,
				Fields: []report.Fact{
					{Label: "isClosed", Value: report.Name("true")},
					{Label: "timeout", Value: report.Duration(3000 * time.Second)},
					{Label: "sql", Value: report.Content(hide.SQL("UPDATE orders SET state = 'paid' WHERE id = ?"))},
					{Label: "connection", Value: report.Object(0x7fe00110)},
					{Label: "url", Value: report.Content(hide.URL("jdbc:postgresql://db:5432/shop?user=shop&password=" + Secrets[0]))},
				},
			}},
			Omitted: 19_896, OmittedBytes: 11_217_864,
		},
		Path: []report.Step{
			{Kind: report.StepRoot, Label: "sticky class", Address: 0x7fe0f000, Class: "java.lang.Class", Note: "org.postgresql.Driver", Retained: 14_083_800},
			{Kind: report.StepStatic, Label: "org.postgresql.Driver.cancelTimer", Address: 0x7fe0f1a8, Class: "java.util.Timer", Retained: 14_083_216},
			{Kind: report.StepField, Label: "java.util.Timer::queue", Address: 0x7fe0f1c8, Class: "java.util.TaskQueue", Retained: 14_083_176},
			{Kind: report.StepField, Label: "java.util.TaskQueue::queue", Address: 0x7ffc1000, Class: "java.util.TimerTask[]", Retained: 14_083_152},
			{Kind: report.StepElement, Label: "[1]", Address: 0x7ff02ad0, Class: task, Retained: 40},
			{Kind: report.StepField, Label: task + "::this$0", Address: 0x7ff02a18, Class: statement, Retained: 568},
		},
		Accumulation: &report.Accumulation{
			Address: 0x7ffc1000, Class: "java.util.TimerTask[]", Retained: 14_083_152,
			Children: 39_794, ChildClass: statement, ChildObjects: 19_897, ChildBytes: 11_218_432,
		},
		Related: []report.Related{
			{Rule: "finalizer-backlog", Text: "Finalization is not behind: 0 objects are queued. The statements cannot be finalized, because they are strongly reachable.", Facts: []report.Fact{
				{Label: "registered for finalization", Value: report.Count(19_902)},
				{Label: "queued for finalization", Value: report.Count(0)},
			}},
			{Rule: "jdbc-statement-retained", Text: "The application closes its statements: none of them is open."},
		},
		Fix: []string{
			"Update the PostgreSQL driver: from 42.2 on it removes a cancelled task from the queue.",
			"Until then shorten the query timeout (now 3,000 s), which bounds how long a task can stay.",
			"Or call Timer.purge() on the driver's timer from time to time.",
		},
		Falsifier: "A heap dump taken after the last task is due still shows the statements; or Timer.purge() does not free them.",
		Anchor:    "static org.postgresql.Driver.cancelTimer",
		Signature: "3d0c4f5b9a7e21c86f0a4d1be29375c8",
	}
}

func registeredFinding() report.Finding {
	return report.Finding{
		Rule: "finalizer-registered", Doc: "finalizer-registered",
		Severity: report.Info, Confidence: report.Certain,
		Title:   "19,902 objects are registered for finalization, 19,897 of them " + statement,
		Objects: 19_902,
		Facts:   []report.Fact{{Label: "registered", Value: report.Count(19_902)}},
		Path: []report.Step{
			{Kind: report.StepRoot, Label: "sticky class", Address: 0x7fe00a00, Class: "java.lang.Class", Note: "java.lang.ref.Finalizer", Retained: 1_273_728},
			{Kind: report.StepStatic, Label: "java.lang.ref.Finalizer.unfinalized", Address: 0x7ff02a80, Class: "java.lang.ref.Finalizer", Retained: 1_273_664},
			{Kind: report.StepField, Label: "java.lang.ref.Finalizer::next", Address: 0x7ff02900, Class: "java.lang.ref.Finalizer", Retained: 64, Repeat: 19_901},
		},
		Fix:       []string{"Nothing by itself: registration alone delays no object that something else holds."},
		Falsifier: "The queue of finalization is not empty.",
		Anchor:    "static java.lang.ref.Finalizer.unfinalized",
		Signature: "b17e0c59d2a3486f9ce01d7745a8be12",
	}
}

func addConsumers(r *report.Report) {
	r.Consumers = report.Consumers{
		Objects: report.List[report.ObjectRow]{Rows: []report.ObjectRow{
			{Address: 0x7ffc1000, Class: "java.util.TimerTask[]", Shallow: 131_088, Retained: 14_083_152},
			{Address: 0x7fe00a00, Class: "java.lang.Class", Note: "java.lang.ref.Finalizer", Shallow: 128, Retained: 1_273_728},
			{Address: 0x7fe01c40, Class: "java.lang.Thread", Note: "main", Shallow: 120, Retained: 412_888},
		}, Omitted: 1_479, OmittedBytes: 3_127_544},
		Classes: report.List[report.ClassRow]{Rows: []report.ClassRow{
			{Name: statement, Instances: 19_897, Shallow: 3_660_536, Retained: 11_218_432},
			{Name: queries, Instances: 19_897, Shallow: 1_591_760, Retained: 4_297_752},
		}, Omitted: 667, OmittedBytes: 8_400_000},
		Packages: report.List[report.PackageRow]{Rows: []report.PackageRow{
			{Name: "org.postgresql.jdbc3g", Classes: 6, Instances: 19_899, Shallow: 3_660_664, Retained: 11_218_560},
			{Name: "org.postgresql.core.v3", Classes: 9, Instances: 39_796, Shallow: 2_387_720, Retained: 6_367_104},
		}, Omitted: 71, OmittedBytes: 12_000_000},
		Loaders: report.List[report.LoaderRow]{Rows: []report.LoaderRow{
			{Class: "boot", Classes: 612, Instances: 383_120, Shallow: 11_304_808, Retained: 18_700_112},
			{Address: 0x7fe1aa00, Class: "jdk.internal.loader.ClassLoaders$AppClassLoader", Name: "app", Classes: 57, Instances: 99_636, Shallow: 7_639_312, Retained: 14_912_000},
		}},
	}
	r.Histogram = report.List[report.ClassRow]{Rows: []report.ClassRow{
		{Name: "byte[]", Instances: 84_012, Shallow: 4_410_088, Retained: 4_410_088},
		{Name: statement, Instances: 19_897, Shallow: 3_660_536, Retained: 11_218_432},
		{Name: "java.lang.Object[]", Instances: 40_204, Shallow: 1_772_200, Retained: 3_017_456},
		{Name: queries, Instances: 19_897, Shallow: 1_591_760, Retained: 4_297_752},
		{Name: "java.lang.ref.Finalizer", Instances: 19_902, Shallow: 1_273_728, Retained: 1_273_728},
		{Name: task, Instances: 19_897, Shallow: 795_880, Retained: 795_880},
	}, Omitted: 663, OmittedBytes: 5_439_928}
}

func addThreads(r *report.Report) {
	r.Threads = report.List[report.ThreadRow]{Rows: []report.ThreadRow{
		{
			Address: 0x7fe01c40, Class: "java.lang.Thread", Name: "main", State: "TIMED_WAITING", Retained: 412_888, Alike: 1, AlikeRetained: 412_888,
			Frames: report.List[report.Frame]{Rows: []report.Frame{
				{Class: "java.lang.Thread", Method: "sleep", Signature: "(J)V", Source: "Thread.java", Line: -1},
				{
					Class: "com.example.shop.Main", Method: "main", Signature: "([Ljava/lang/String;)V", Source: "Main.java", Line: 88, LocalsRetained: 400_112,
					Locals: report.List[report.Local]{Rows: []report.Local{
						{Address: 0x7fe22000, Class: "com.example.shop.Main$OrderDao", Retained: 400_040},
					}, Omitted: 1, OmittedBytes: 72},
				},
			}},
		},
		{
			Address: 0x7fe0f200, Class: "java.util.TimerThread", Name: "Timer-0", State: "TIMED_WAITING", Daemon: true, Retained: 168, Alike: 1, AlikeRetained: 168,
			Frames: report.List[report.Frame]{Rows: []report.Frame{
				{Class: "java.lang.Object", Method: "wait", Source: "Object.java", Line: -1},
				{Class: "java.util.TimerThread", Method: "mainLoop", Source: "Timer.java", Line: 563},
			}, Omitted: 1},
		},
	}, Omitted: 22, OmittedBytes: 18_000}
}

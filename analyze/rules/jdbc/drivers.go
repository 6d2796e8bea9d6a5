package jdbc

// driver describes the statements of one JDBC driver: the class that declares the closed flag, or the nearest to it, and its
// fields. Names are those of the drivers' sources and jars. Where a dump has the class without the flag, the driver's version
// is unknown and its statements are not judged.
type driver struct {
	name       string
	base       string   // subclasses are found through the class table
	closed     string   // field of base, boolean or integral: not zero means closed
	openIfSet  string   // instead: a reference that is null once the statement is closed
	closedIn   string   // instead: a reference to a java.util.concurrent.atomic.AtomicInteger: not zero means closed
	connection string   // field
	sql        []string // chains of fields, the first that leads to a text is taken
	timeout    string   // field: the query timeout, seconds in an int or milliseconds in a long
	url        string   // field of the connection
	inner      string   // of a pool's wrapper: the field that holds the driver's statement
	purges     string   // since when the driver takes cancelled tasks out of its timer, for the advice
}

var drivers = []*driver{
	{
		name: "PostgreSQL before 9.4", base: "org.postgresql.jdbc2.AbstractJdbc2Statement", closed: "isClosed", connection: "connection",
		sql: []string{"preparedQuery.fragments", "lastSimpleQuery.fragments"}, timeout: "timeout", url: "creatingURL",
		purges: "pgjdbc does since its pull request #122 of February 2014",
	},
	{
		name: "PostgreSQL", base: "org.postgresql.jdbc.PgStatement", closed: "isClosed", connection: "connection",
		sql: []string{"preparedQuery.query.nativeQuery.nativeSql", "preparedQuery.key"}, timeout: "timeout", url: "creatingURL",
	},
	{
		name: "MySQL Connector/J", base: "com.mysql.cj.jdbc.StatementImpl", closed: "isClosed", connection: "connection",
		sql: []string{"query.originalSql", "query.queryInfo.sql"},
	},
	{
		name: "MySQL Connector/J 5", base: "com.mysql.jdbc.StatementImpl", closed: "isClosed", connection: "connection",
		sql: []string{"originalSql"},
	},
	{name: "MariaDB", base: "org.mariadb.jdbc.Statement", closed: "closed", connection: "con", sql: []string{"sql"}},
	{name: "MariaDB 2", base: "org.mariadb.jdbc.MariaDbStatement", closed: "closed", connection: "connection", sql: []string{"sqlQuery", "sql"}, timeout: "queryTimeout"},
	{name: "SQL Server", base: "com.microsoft.sqlserver.jdbc.SQLServerStatement", closed: "bIsClosed", connection: "connection", sql: []string{"userSQL"}},
	{name: "Oracle", base: "oracle.jdbc.driver.OracleStatement", closed: "closed", connection: "connection", sql: []string{"sqlObject.originalSql"}},
	{name: "H2", base: "org.h2.jdbc.JdbcStatement", openIfSet: "conn", connection: "conn", sql: []string{"command.sql", "sqlStatement"}, url: "url"},
	{name: "HSQLDB", base: "org.hsqldb.jdbc.JDBCStatementBase", closed: "isClosed", connection: "connection", sql: []string{"sql"}, timeout: "queryTimeout"},
	{name: "SQLite", base: "org.sqlite.core.CoreStatement", openIfSet: "pointer", connection: "conn", sql: []string{"sql"}},
	{name: "jTDS", base: "net.sourceforge.jtds.jdbc.JtdsStatement", closedIn: "_Closed", connection: "connection", sql: []string{"originalSql", "sql"}, timeout: "queryTimeout"},
	{name: "Apache DBCP 2", base: "org.apache.commons.dbcp2.DelegatingStatement", closed: "closed", connection: "connection", inner: "statement"},
	{name: "Apache DBCP", base: "org.apache.commons.dbcp.DelegatingStatement", closed: "_closed", connection: "_conn", inner: "_stmt"},
	{name: "Tomcat DBCP 2", base: "org.apache.tomcat.dbcp.dbcp2.DelegatingStatement", closed: "closed", connection: "connection", inner: "statement"},
	{name: "HikariCP", base: "com.zaxxer.hikari.pool.ProxyStatement", closed: "isClosed", connection: "connection", inner: "delegate"},
}

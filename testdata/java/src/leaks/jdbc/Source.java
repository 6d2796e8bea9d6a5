import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Where connections come from: a driver's URL, or the class of a data source with its properties. No driver or pool is needed to compile. */
interface Source {
    Connection get() throws SQLException;

    /** "jdbc:h2:mem:a", or "com.zaxxer.hikari.HikariDataSource;jdbcUrl=jdbc:h2:mem:a;maximumPoolSize=8". */
    static Source of(String text) throws Exception {
        if (text.startsWith("jdbc:")) {
            return () -> DriverManager.getConnection(text);
        }
        String[] parts = text.split(";");
        DataSource source = (DataSource) Class.forName(parts[0]).getDeclaredConstructor().newInstance();
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].split("=", 2);
            set(source, pair[0], pair[1]);
        }
        return source::getConnection;
    }

    private static void set(Object bean, String property, String value) throws Exception {
        for (PropertyDescriptor d : Introspector.getBeanInfo(bean.getClass()).getPropertyDescriptors()) {
            if (d.getName().equals(property) && d.getWriteMethod() != null) {
                d.getWriteMethod().invoke(bean, convert(d.getPropertyType(), value));
                return;
            }
        }
        throw new IllegalArgumentException(property);
    }

    private static Object convert(Class<?> type, String value) {
        return switch (type.getName()) {
            case "int", "java.lang.Integer" -> Integer.valueOf(value);
            case "long", "java.lang.Long" -> Long.valueOf(value);
            case "boolean", "java.lang.Boolean" -> Boolean.valueOf(value);
            default -> value;
        };
    }
}

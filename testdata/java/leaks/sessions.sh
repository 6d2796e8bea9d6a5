# HTTP sessions in embedded Tomcat 9 and 10 and Jetty 9: 400 with a cart of 20 KB each, half of which never expire. In the controls 20
# that hold a name.
for v in 9 10; do
  if lib tomcat$v-catalina tomcat$v-coyote tomcat$v-util tomcat$v-util-scan tomcat$v-juli tomcat$v-api tomcat$v-servlet-api \
    tomcat$v-annotations-api tomcat$v-jaspic-api tomcat$v-el-api tomcat$v-jsp-api; then
    leak sessions-tomcat$v         sessions-tomcat/TomcatSessions leak
    leak sessions-tomcat$v-control sessions-tomcat/TomcatSessions control
  fi
done
if lib jetty9-server jetty9-servlet jetty9-security jetty9-http jetty9-io jetty9-util servlet-api; then
  leak sessions-jetty9         sessions-jetty/JettySessions leak
  leak sessions-jetty9-control sessions-jetty/JettySessions control
fi

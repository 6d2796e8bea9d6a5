# Class loaders of an application that was deployed five times and undeployed four times. In the leaks each of the four is kept, by a
# thread, a thread local, a shutdown hook, and a JDBC driver (URLClassLoader) or a timer (Tomcat 9, 10). In the controls they are gone.
leak loader-redeploy         loaders/Redeploy leak
leak loader-redeploy-control loaders/Redeploy control
for v in 9 10; do
  if lib tomcat$v-catalina tomcat$v-coyote tomcat$v-util tomcat$v-util-scan tomcat$v-juli tomcat$v-api tomcat$v-servlet-api \
    tomcat$v-annotations-api tomcat$v-jaspic-api tomcat$v-el-api tomcat$v-jsp-api; then
    leak loader-tomcat$v         loaders-tomcat/TomcatRedeploy leak
    leak loader-tomcat$v-control loaders-tomcat/TomcatRedeploy control
  fi
done

"""The documents that a manifest is made of. Braces hold what `documents` fills in."""

from typing import Final

ADMIN_PORT: Final = 9090

HEAD: Final = """\
# Installs the Spartakus collector {version}; reports end up in {destination}.
#
#     kubectl apply -f FILE       installs it; again, with another image, upgrades it
#     kubectl delete -f FILE      removes all of it, WITH the volumes and what is on them
#
# The Service is reachable inside the cluster only. Lead an Ingress or a Gateway with TLS to it, and
# add --trusted-proxies to the arguments, so that the limit on posts counts clients and not proxies.
"""

COMMON: Final = """\
apiVersion: v1
kind: Namespace
metadata:
  name: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
    pod-security.kubernetes.io/enforce: restricted
---
# The collector asks nothing of Kubernetes.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
  annotations: {annotations}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  selector:
    app.kubernetes.io/name: spartakus-collector
  ports:
    - name: http
      port: 80
      targetPort: http
"""

CLAIM: Final = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  accessModes: ["ReadWriteOnce"]
  resources:
    requests:
      storage: {storage}
"""

DEPLOYMENT: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  # One, and never two at a time: the file belongs to one process.
  replicas: 1
  strategy:
    type: Recreate
  revisionHistoryLimit: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: spartakus-collector
  template:
{pod}
"""

STATEFUL_SET: Final = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  # With fewer, a volume stays behind, and reports may wait on it: see docs/operating.md.
  replicas: {replicas}
  serviceName: spartakus-collector-peers
  podManagementPolicy: Parallel
  revisionHistoryLimit: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: spartakus-collector
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: ["ReadWriteOnce"]
        resources:
          requests:
            storage: {storage}
  template:
{pod}
"""

PEERS: Final = """\
# A StatefulSet has to name a Service of this kind.
apiVersion: v1
kind: Service
metadata:
  name: spartakus-collector-peers
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  clusterIP: None
  selector:
    app.kubernetes.io/name: spartakus-collector
  ports:
    - name: http
      port: 80
      targetPort: http
"""

BUDGET: Final = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: spartakus-collector
"""

_POLICY: Final = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: spartakus-collector
  policyTypes: ["Ingress", "Egress"]
  ingress:
    - ports:
        - port: http
    # Metrics are for this namespace and for the one that is called monitoring.
    - ports:
        - port: admin
      from:
        - podSelector: {{}}
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
"""

POLICY_OF_ONE_FILE: Final = f"""\
{_POLICY}\
  # It answers, and calls nobody.
  egress: []
"""

POLICY_OF_BIGQUERY: Final = f"""\
{_POLICY}\
  egress:
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
    - ports:
        - port: 443
          protocol: TCP
    # The metadata server of Google's cloud, which hands out credentials for workload identity.
    - ports:
        - port: 80
          protocol: TCP
        - port: 987
          protocol: TCP
        - port: 988
          protocol: TCP
      to:
        - ipBlock:
            cidr: 169.254.169.252/30
"""

POD: Final = """\
metadata:
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  serviceAccountName: spartakus-collector
  # Variables made for a Service called spartakus would be taken for flags.
  enableServiceLinks: false
  # The delay, then requests under way, then the spool; SIGKILL would only cost time later.
  terminationGracePeriodSeconds: {grace_seconds}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          app.kubernetes.io/name: spartakus-collector
  containers:
    - name: collector
      image: {image}
      args:
{arguments}
      env:
{variables}
      ports:
        - name: http
          containerPort: 8080
        - name: admin
          containerPort: {admin_port}
      # Files of an earlier release are brought forward before the port opens.
      startupProbe:
        httpGet:
          path: /healthz
          port: http
        periodSeconds: 1
        failureThreshold: 600
      readinessProbe:
        httpGet:
          path: /readyz
          port: http
        periodSeconds: 2
        failureThreshold: 2
      livenessProbe:
        httpGet:
          path: /healthz
          port: http
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      resources:
        requests:
          cpu: 50m
          memory: 256Mi
        limits:
          memory: {memory_limit}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: ["ALL"]
      volumeMounts:
        - name: data
          mountPath: /data
{volumes}"""

CLAIMED_VOLUME: Final = """\
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: spartakus-collector
"""

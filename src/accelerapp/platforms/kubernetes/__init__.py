"""Services as workloads of a Kubernetes cluster. Deciding is pure over typed objects; `clients.kubernetes` asks."""
